//! The masks that a model offers for a prompt, and which of them are worth a look.

use super::sam::Segmented;

/// A mask of which the model expects less than this share of what it expects of its best one is noise:
/// of several masks that answer an ambiguous prompt, training holds the best one alone to the object.
const WORTH_A_LOOK: f32 = 0.5;

/// All answers to a prompt that the model offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// The masks, in the model's order.
    pub masks: Vec<Segmented>,
    /// The one to take unless somebody chooses another.
    pub best: usize,
}

impl Candidates {
    /// Leaves out the masks of which the model itself expects little; never the one to take.
    pub fn leave_out_poor(&mut self) {
        let expected: Vec<f32> = self.masks.iter().map(|m| m.predicted_iou).collect();
        let keep = worth_a_look(&expected, self.best);
        self.best = keep.iter().take(self.best).filter(|keep| **keep).count();
        let mut keep = keep.into_iter();
        self.masks.retain(|_| keep.next().unwrap_or(false));
    }
}

/// Which masks stay, by their predicted IoUs.
fn worth_a_look(expected: &[f32], best: usize) -> Vec<bool> {
    let most = expected.iter().copied().fold(0.0, f32::max);
    let stays = |(at, &iou): (usize, &f32)| at == best || iou >= WORTH_A_LOOK * most;
    expected.iter().enumerate().map(stays).collect()
}

#[cfg(test)]
mod tests {
    use super::worth_a_look;

    #[test]
    fn what_the_model_expects_little_of_is_left_out_and_never_the_one_to_take() {
        let all = [0.95, 0.18, 0.60, 0.47];
        assert_eq!(worth_a_look(&all, 0), [true, false, true, false]);
        assert_eq!(worth_a_look(&all, 1), [true, true, true, false]);
        assert_eq!(worth_a_look(&[-0.1, -0.2], 0), [true, false]);
        assert_eq!(worth_a_look(&[], 0), [false; 0]);
    }
}
