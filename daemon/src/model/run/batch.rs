//! How many slices are embedded at once: as many as the device's memory allows.

/// The size of batches, which only ever shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSize(usize);

impl BatchSize {
    /// Batches of `size`; at least 1.
    pub fn new(size: usize) -> Self {
        BatchSize(size.max(1))
    }

    /// Items in a batch.
    pub fn get(self) -> usize {
        self.0
    }

    /// Half as many from now on; `false` if it is one already.
    fn halve(&mut self) -> bool {
        let can = self.0 > 1;
        self.0 = (self.0 / 2).max(1);
        can
    }
}

/// Runs all items in batches. A batch that is too large is run again at half the size, which is
/// remembered in `size`; a single item that is too large is the error.
pub fn run_in_batches<Context, T, R, E>(
    context: &mut Context,
    size: impl Fn(&mut Context) -> &mut BatchSize,
    items: &[T],
    mut run: impl FnMut(&mut Context, &[T]) -> Result<Vec<R>, E>,
    too_large: impl Fn(&E) -> bool,
) -> Result<Vec<R>, E> {
    let mut results = Vec::with_capacity(items.len());
    while results.len() < items.len() {
        let rest = &items[results.len()..];
        let batch = &rest[..rest.len().min(size(context).get())];
        match run(context, batch) {
            Ok(done) => results.extend(done),
            Err(error) if too_large(&error) && size(context).halve() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device on which `fits` items fit, and the sizes that were tried.
    fn run(fits: usize, wanted: usize, items: usize) -> (Result<Vec<usize>, usize>, Vec<usize>) {
        let items: Vec<usize> = (0..items).collect();
        let mut context = (BatchSize::new(wanted), Vec::new());
        let result = run_in_batches(
            &mut context,
            |(size, _)| size,
            &items,
            |(_, tried), batch| {
                tried.push(batch.len());
                if batch.len() <= fits {
                    Ok(batch.to_vec())
                } else {
                    Err(batch.len())
                }
            },
            |_| true,
        );
        (result, context.1)
    }

    #[test]
    fn a_batch_that_does_not_fit_is_halved_until_it_does_and_that_is_remembered() {
        let (result, tried) = run(3, 8, 11);
        assert_eq!(result, Ok((0..11).collect()));
        assert_eq!(tried, [8, 4, 2, 2, 2, 2, 2, 1]);
        let (result, tried) = run(8, 4, 9);
        assert_eq!(result, Ok((0..9).collect()));
        assert_eq!(tried, [4, 4, 1]);
        assert_eq!(run(0, 4, 2), (Err(1), vec![2, 2, 1]), "2 of 4, filled up");
        assert_eq!(run(5, 0, 0), (Ok(vec![]), vec![]));
    }
}
