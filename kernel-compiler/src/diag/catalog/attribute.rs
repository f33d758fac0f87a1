//! Catalogue entries of this stage.

super::entries! {}
