//! Encodes tensor maps (CUDA driver API, `cuTensorMapEncodeTiled`).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cudarc::driver::sys;

use super::driver::check;
use crate::backend::Region;
use crate::tensor_map::{Swizzle, TensorMapDescriptor};
use crate::{BackendKind, DType, Error};

/// Maps made before, by address and descriptor: their bits depend on nothing else, so that one may be
/// used again when its memory was freed and given out anew.
#[derive(Debug, Default)]
pub(super) struct TensorMaps(Mutex<HashMap<(u64, TensorMapDescriptor), [u64; 16]>>);

/// Maps that are kept; a model has a few hundred.
const KEPT: usize = 4096;

impl TensorMaps {
    /// A tensor map over a region; the descriptor was checked against its tensor.
    pub(super) fn encode(
        &self,
        descriptor: &TensorMapDescriptor,
        region: &Region,
        sm: u32,
    ) -> Result<[u64; 16], Error> {
        let key = (super::memory::address(region)?, descriptor.clone());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(map) = kept.get(&key) {
            return Ok(*map);
        }
        let map = encode(descriptor, region, sm)?;
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, map);
        Ok(map)
    }
}

fn encode(descriptor: &TensorMapDescriptor, region: &Region, sm: u32) -> Result<[u64; 16], Error> {
    if sm < 90 {
        return Err(Error::Unsupported { backend: BackendKind::Cuda, what: "tensor maps here" });
    }
    let address = super::memory::address(region)?;
    let rank = descriptor.dims.len();
    let ones = vec![1u32; rank];
    let promotion = if descriptor.l2_promotion {
        sys::CUtensorMapL2promotion_enum::CU_TENSOR_MAP_L2_PROMOTION_L2_256B
    } else {
        sys::CUtensorMapL2promotion_enum::CU_TENSOR_MAP_L2_PROMOTION_NONE
    };
    let mut map = sys::CUtensorMap { opaque: [0; 16] };
    // SAFETY: `dims`, `tile` and `ones` have `rank` entries and `strides` one less; the map is
    // aligned by its type; the driver checks everything else.
    check("cuTensorMapEncodeTiled", unsafe {
        sys::cuTensorMapEncodeTiled(
            &mut map,
            data_type(descriptor.dtype),
            rank as u32,
            std::ptr::without_provenance_mut(address as usize),
            descriptor.dims.as_ptr(),
            descriptor.strides.as_ptr(),
            descriptor.tile.as_ptr(),
            ones.as_ptr(),
            sys::CUtensorMapInterleave_enum::CU_TENSOR_MAP_INTERLEAVE_NONE,
            swizzle(descriptor.swizzle),
            promotion,
            // Elements outside of the tensor read as zero.
            sys::CUtensorMapFloatOOBfill_enum::CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE,
        )
    })?;
    Ok(map.opaque)
}

fn swizzle(swizzle: Swizzle) -> sys::CUtensorMapSwizzle {
    use sys::CUtensorMapSwizzle_enum as Driver;
    match swizzle {
        Swizzle::None => Driver::CU_TENSOR_MAP_SWIZZLE_NONE,
        Swizzle::Bytes32 => Driver::CU_TENSOR_MAP_SWIZZLE_32B,
        Swizzle::Bytes64 => Driver::CU_TENSOR_MAP_SWIZZLE_64B,
        Swizzle::Bytes128 => Driver::CU_TENSOR_MAP_SWIZZLE_128B,
    }
}

/// Types that the driver does not name are copied as integers of their size.
fn data_type(dtype: DType) -> sys::CUtensorMapDataType {
    use sys::CUtensorMapDataType_enum as Driver;
    match dtype {
        DType::F32 => Driver::CU_TENSOR_MAP_DATA_TYPE_FLOAT32,
        DType::F16 => Driver::CU_TENSOR_MAP_DATA_TYPE_FLOAT16,
        DType::Bf16 => Driver::CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
        DType::F8E4M3 | DType::F8E5M2 | DType::I8 | DType::U8 => {
            Driver::CU_TENSOR_MAP_DATA_TYPE_UINT8
        }
        DType::I16 | DType::U16 => Driver::CU_TENSOR_MAP_DATA_TYPE_UINT16,
        DType::I32 => Driver::CU_TENSOR_MAP_DATA_TYPE_INT32,
        DType::U32 => Driver::CU_TENSOR_MAP_DATA_TYPE_UINT32,
        DType::I64 => Driver::CU_TENSOR_MAP_DATA_TYPE_INT64,
        DType::U64 => Driver::CU_TENSOR_MAP_DATA_TYPE_UINT64,
    }
}
