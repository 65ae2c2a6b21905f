//! Changing many calls in transactions of a few.

use crate::error::Result;

/// How many calls one transaction changes at most.
pub(in crate::store) const STEP: usize = 500;

/// Repeats a step, which gets its limit and returns how many calls it changed, until one finds
/// fewer or `limit` is reached. Returns how many calls changed.
pub(in crate::store) async fn in_steps<F>(
    limit: usize,
    mut step: impl FnMut(usize) -> F,
) -> Result<usize>
where
    F: Future<Output = Result<usize>>,
{
    let mut changed = 0;
    while changed < limit {
        let found = step(STEP.min(limit - changed)).await?;
        changed += found;
        if found < STEP {
            break;
        }
    }
    Ok(changed)
}
