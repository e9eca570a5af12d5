//! The best choice on each slice, where neighbours should agree.

/// Of the candidates on each slice the one to take, so that the sum of their own worth and of the
/// worth of all pairs of neighbours is the largest there is (Viterbi's algorithm).
///
/// `worth` has a list for each slice, and no list is empty; `pair(slice, before, here)` is the worth of
/// candidate `before` on the slice before `slice` with candidate `here` on it. Of equally good
/// choices it takes those that come first.
pub fn best_chain(worth: &[Vec<f64>], pair: impl Fn(usize, usize, usize) -> f64) -> Vec<usize> {
    // For each slice after the first, the best predecessor of each candidate.
    let mut steps: Vec<Vec<usize>> = Vec::with_capacity(worth.len());
    let mut total: Vec<f64> = Vec::new();
    for (slice, own) in worth.iter().enumerate() {
        if slice == 0 {
            total.clone_from(own);
            continue;
        }
        let reached = own.iter().enumerate().map(|(here, own)| {
            let sums = total.iter().enumerate();
            let (before, sum) = first_largest(sums.map(|(b, sum)| sum + pair(slice, b, here)));
            (before, own + sum)
        });
        let (step, sums) = reached.unzip();
        total = sums;
        steps.push(step);
    }
    let mut at = first_largest(total.iter().copied()).0;
    let mut chain: Vec<usize> = steps
        .iter()
        .rev()
        .map(|step| {
            let before = step[at];
            std::mem::replace(&mut at, before)
        })
        .collect();
    if !worth.is_empty() {
        chain.push(at);
    }
    chain.reverse();
    chain
}

fn first_largest(values: impl Iterator<Item = f64>) -> (usize, f64) {
    values
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (at, value)| {
            if value > best.1 { (at, value) } else { best }
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_neighbour_can_outweigh_what_a_candidate_is_worth_alone() {
        let worth = vec![vec![1.0, 0.0], vec![0.4, 0.5], vec![1.0, 0.0]];
        let agree = |weight: f64| move |_, a: usize, b: usize| if a == b { weight } else { 0.0 };
        assert_eq!(best_chain(&worth, agree(0.0)), [0, 1, 0]);
        assert_eq!(best_chain(&worth, agree(0.1)), [0, 0, 0]);
        assert_eq!(best_chain(&[], agree(1.0)), [0; 0]);
    }

    fn sum(worth: &[Vec<f64>], pairs: &[f64], chain: &[usize]) -> f64 {
        let own: f64 = worth.iter().zip(chain).map(|(w, &c)| w[c]).sum();
        let pair = chain.windows(2).map(|w| pairs[w[0] * 3 + w[1]]);
        own + pair.sum::<f64>()
    }

    proptest! {
        #[test]
        fn no_other_chain_is_better(
            worth in prop::collection::vec(prop::collection::vec(0.0..1.0f64, 3), 1..5),
            pairs in prop::collection::vec(0.0..1.0f64, 9),
        ) {
            let chain = best_chain(&worth, |_, a, b| pairs[a * 3 + b]);
            let best = sum(&worth, &pairs, &chain);
            let slices = worth.len() as u32;
            for other in 0..3usize.pow(slices) {
                let other: Vec<usize> = (0..slices).map(|s| other / 3usize.pow(s) % 3).collect();
                prop_assert!(sum(&worth, &pairs, &other) <= best + 1e-9);
            }
        }
    }
}
