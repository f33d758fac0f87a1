use crate::device::cpu;
use tilewright_kernels::formats::pack;
use tilewright_kernels::{Format, WeightMatrix};
use tilewright_runtime::{
    BackendKind, Capabilities, Device, DeviceSelector, Error, Options, WgpuCapabilities,
};
use tilewright_testing::Random;

/// A matrix whose blocks have fields below 1, also read as floats, and none that is 0.
pub fn small_weights(
    device: &Device,
    format: Format,
    n: u32,
    k: u32,
    random: &mut Random,
) -> WeightMatrix {
    let bytes: Vec<u8> =
        (0..bytes(format, n, k)).map(|_| (random.bits() as u8 & 0x3b) | 1).collect();
    WeightMatrix::upload(device, format, n, k, &bytes).unwrap()
}

/// Bytes of a matrix in a file.
fn bytes(format: Format, n: u32, k: u32) -> usize {
    n as usize * k as usize / format.weights_per_block() * format.block_bytes()
}

fn blocks(format: Format, n: u32, k: u32) -> Vec<u8> {
    (0..bytes(format, n, k)).map(|i| (i * 31 % 251) as u8).collect()
}

#[test]
fn a_matrix_costs_little_more_than_its_file() {
    let device = cpu();
    for format in Format::ALL {
        let bytes = blocks(format, 192, 512);
        let w = WeightMatrix::upload(&device, format, 192, 512, &bytes).unwrap();
        assert_eq!((w.format, w.n, w.k, w.chunk_count()), (format, 192, 512, 1));
        assert!(w.bytes() >= bytes.len() as u64);
        assert!(w.bytes() as f64 <= bytes.len() as f64 * 1.03, "{format}");
    }
}

#[test]
fn what_is_no_matrix_is_refused() {
    let device = cpu();
    let upload = |n, k, bytes: &[u8]| {
        WeightMatrix::upload(&device, Format::Q4_0, n, k, bytes).unwrap_err().to_string()
    };
    assert_eq!(
        upload(3, 40, &[0; 36]),
        "a Q4_0 matrix (whole blocks of 32 weights) has shape [3, 40] where [3, 64] is needed"
    );
    assert_eq!(
        upload(3, 64, &[0; 107]),
        "the data of a Q4_0 matrix of 3 x 64, in bytes, has shape [107] where [108] is needed"
    );
    assert!(matches!(pack(Format::Q4_0, 3, 64, &[0; 1]), Err(Error::ShapeMismatch { .. })));
    assert_eq!(pack(Format::Q4_0, 3, 64, &[1; 108]).unwrap().len(), 4 + 24);
}

/// A null device that says it is a wgpu device with the usual limits.
fn pretended(max_binding: u64) -> Device {
    let wgpu = WgpuCapabilities {
        subgroup: None,
        f16: false,
        cooperative_matrix: Vec::new(),
        timestamps: false,
        max_storage_binding: 1 << 27,
        max_buffer: 1 << 28,
        max_storage_buffers: 8,
        storage_alignment: 256,
        workgroup_storage: 16384,
        max_threads: 256,
        max_workgroup: [256, 256, 64],
        max_grid: 65535,
        interface: "vulkan".to_owned(),
    };
    let pretend = Capabilities {
        kind: BackendKind::Wgpu,
        name: "pretended".to_owned(),
        driver: String::new(),
        is_software: true,
        total_memory: None,
        cuda: None,
        wgpu: Some(wgpu),
    };
    let max_binding = Some(max_binding);
    let options = Options { max_binding, pretend: Some(pretend), ..Options::default() };
    Device::open_with(&DeviceSelector::Null, &options).unwrap()
}

#[test]
fn a_matrix_over_the_binding_limit_is_split_by_rows() {
    let (n, k) = (4900, 576);
    let bytes = blocks(Format::Q8_0, n, k);
    let w = WeightMatrix::upload(&pretended(1 << 20), Format::Q8_0, n, k, &bytes).unwrap();
    assert_eq!(w.chunk_count(), 3);
    let whole = WeightMatrix::upload(&pretended(1 << 26), Format::Q8_0, n, k, &bytes).unwrap();
    assert_eq!(whole.chunk_count(), 1);
    let one_row = 36 * 576 / 32 * 64;
    let error = WeightMatrix::upload(&pretended(one_row / 2), Format::Q8_0, n, k, &bytes);
    assert!(matches!(error, Err(Error::TensorTooLarge { limit, .. }) if limit == one_row / 2));
}

#[test]
fn stacked_parts_are_one_matrix() {
    let device = cpu();
    for format in Format::ALL {
        let (top, bottom) = (blocks(format, 3, 256), blocks(format, 5, 256));
        let stacked =
            WeightMatrix::upload_stacked(&device, format, 256, &[(3, &top), (5, &bottom)]).unwrap();
        let whole =
            WeightMatrix::upload(&device, format, 8, 256, &[top.clone(), bottom].concat()).unwrap();
        let rows = |w: &WeightMatrix| {
            let tokens = device.upload([8], &[0u32, 1, 2, 3, 4, 5, 6, 7]).unwrap();
            let mut out = device.zeros::<f32>([8, 256]).unwrap();
            tilewright_kernels::gather(&device, w, &tokens, &mut out).unwrap();
            out.download().unwrap().into_iter().map(f32::to_bits).collect::<Vec<_>>()
        };
        assert_eq!((stacked.n, rows(&stacked)), (8, rows(&whole)), "{format}");
        let short = &top[..top.len() - 1];
        let refused = WeightMatrix::upload_stacked(&device, format, 256, &[(3, &top), (3, short)]);
        assert!(refused.is_err(), "{format}");
    }
}
