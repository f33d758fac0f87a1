// sin(x + quarters * pi / 2), at most 1.7e-7 off where abs(x) <= 2^20; WGSL's own may be 2^-11 off, and
// anything beyond pi. Cody & Waite 1980: of pi / 2 = 1.57080078125f - 4.4535846e-6f - 8.705516e-10f the
// first two have 12 bits and both parts of the multiple 10, so that their products are exact.
fn sine(x: f32, quarters: f32) -> f32 {
    let k = round(x * 0.63661975f);
    let high = round(k * 0.0009765625f) * 1024f;
    let low = k - high;
    var r = x - high * 1.57080078125f - low * 1.57080078125f;
    r = r + high * 4.4535846e-6f + low * 4.4535846e-6f + k * 8.705516e-10f;
    let z = r * r;
    let odd = r + r * z * (-0.16666664f + z * (0.008332725f - z * 1.9582856e-4f));
    let even = 1f + z * (-0.5f + z * (0.041666664f + z * (-0.0013888279f + z * 2.4542855e-5f)));
    let turn = k + quarters;
    let quadrant = turn - 4f * floor(turn * 0.25f);
    let value = select(odd, even, quadrant == 1f || quadrant == 3f);
    return select(value, -value, quadrant >= 2f);
}
