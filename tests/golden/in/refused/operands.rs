//! Operands of types and in memories that an operation does not take.

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn atomic_and_f32(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    y.reduce_max(0, 1.0);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn atomic_u16(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    h.atomic_add(0, 1);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn cas_f32(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    y.atomic_compare_exchange(0, 1.0, 2.0);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn subgroup_f16(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let v = subgroup_add(f16::from_f32(1.0));
    y[0] = v.to_f32();
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn subgroup_and_f32(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    y[0] = subgroup_and(y[0]);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn bitfield_f32(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    y[0] = bitfield_extract(y[0], 1u32, 2u32);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn mma_c_mixed(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let s = mma::<16, 8, 16, f16, f16>([0u32; 4], [0u32; 2], [0.0f32, 1.0, n, 1.0]);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn wgmma_acc_f16(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let t = shared_aligned::<f16, 4096, 128>();
    let mut s = [f16::from_f32(0.0); 4];
    let a = t.descriptor(0, 128, 256, "swizzle_none");
    wgmma_fence();
    wgmma::<8, f16, f16>(&mut s, a, a, true);
    wgmma_commit();
    wgmma_wait::<0>();
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn wgmma_f32(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let t = shared_aligned::<f16, 4096, 128>();
    let mut s = [0.0f32; 4];
    let a = t.descriptor(0, 128, 256, "swizzle_none");
    wgmma_fence();
    wgmma::<8, f32, f32>(&mut s, a, a, true);
    wgmma_commit();
    wgmma_wait::<0>();
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn ldmatrix_global(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let w = ldmatrix::<4>(u, 0);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn stmatrix_global(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    stmatrix(u, 0, [0u32; 4]);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn descriptor_global(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let d = u.descriptor(0, 128, 256, "swizzle_none");
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn mbarrier_u32(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let b = shared::<u32, 4>();
    mbarrier_init(b, 0, 1);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn cp_async_reversed(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let t = shared::<u32, 64>();
    cp_async(u, 0, t, 0, 16);
    cp_async_commit();
    cp_async_wait::<0>();
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn cp_async_shared(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let t = shared::<u32, 64>();
    cp_async(t, 0, t, 32, 16);
    cp_async_commit();
    cp_async_wait::<0>();
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn bulk_reversed(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let t = shared::<u32, 64>();
    bulk_store(t, 0, u, 0, 64);
    bulk_commit();
    bulk_wait::<0>();
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn bulk_prefetch_shared(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let t = shared::<u32, 64>();
    bulk_prefetch(t, 0, 64);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn prefetch_shared(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let t = shared::<u32, 64>();
    t.prefetch(0);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn address_global(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let a = u.address(0);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn fragment_u8(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let a = fragment_a::<u8, 16>();
    a.load(u, 0, 16);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn fragment_load_type(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let a = fragment_a::<f16, 16>();
    a.load(y, 0, 16);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn fragment_madd_roles(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let a = fragment_a::<f16, 16>();
    let c = fragment_c::<f32, 16>();
    c.fill(0.0);
    a.load(h, 0, 16);
    c.multiply_add(a, a);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn fragment_scale_a(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let a = fragment_a::<f16, 16>();
    a.load(h, 0, 16);
    a.scale(2.0);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn shared_bool(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let t = shared::<bool, 32>();
    t[thread_id()] = true;
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn shared_unaligned(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let t = shared_aligned::<u32, 32, 3>();
    t[0] = 1;
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn cmp_f8(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let a = f8e4m3::from_f32(y[0]);
    if a > a {
        y[0] = 1.0;
    }
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn neg_u32(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    u[0] = -n;
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn first_u64(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let v = subgroup_first(n as u64);
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn bool_store(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let t = n > 1;
    y[0] = t as f32;
    u[0] = t as u32;
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn return_value(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    return 1;
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn continue_outside(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    continue;
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn match_bool(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let v = match n > 1 {
        true => 1u32,
        false => 2u32,
    };
    u[0] = v;
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn tuple_cmp(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    if (n, 1) == (2, 1) {
        u[0] = 1;
    }
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn i32_index(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    let i = -1i32;
    u[i] = 1;
}

#[kernel(shapes(y: [256], u: [256], h: [256]), grid = 1, threads = 128, targets = [sm_90a])]
fn f32_index(y: &mut [f32], u: &mut [u32], h: &mut [u16], n: u32) {
    u[y[0]] = 1;
}
