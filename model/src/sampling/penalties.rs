//! Penalties on tokens that were used lately.

/// Makes every token of `recent` less likely, once however often it occurs there: a positive
/// logit is divided by `penalty`, another multiplied (Keskar et al. 2019, "CTRL", section 4.1).
/// Ids out of range are ignored; a penalty of 1 changes nothing.
pub fn penalise_repeats(logits: &mut [f32], recent: &[u32], penalty: f32) {
    if penalty == 1.0 {
        return;
    }
    let mut ids = recent.to_vec();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        if let Some(logit) = logits.get_mut(id as usize) {
            *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
        }
    }
}
