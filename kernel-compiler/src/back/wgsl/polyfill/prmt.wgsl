// Byte permutation (prmt.b32): each nibble picks a byte of b:a; its bit 3 replicates that byte's sign.
fn prmt(a: u32, b: u32, selector: u32) -> u32 {
    var result = 0u;
    for (var i = 0u; i < 4u; i++) {
        let nibble = (selector >> (4u * i)) & 0xfu;
        let byte = (select(a, b, (nibble & 4u) != 0u) >> (8u * (nibble & 3u))) & 0xffu;
        let sign = select(0u, 0xffu, (byte & 0x80u) != 0u);
        result |= select(byte, sign, (nibble & 8u) != 0u) << (8u * i);
    }
    return result;
}
