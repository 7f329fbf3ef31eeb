# SPDX-License-Identifier: GPL-3.0-or-later
# The kernel sources of the CUDA backend, one list for nvcc and for the engines that run them in tests.
set(LECTERN_CUDA_KERNELS
  add_norm.cu append_kv.cu attend_many.cu attend_one.cu attend_plain.cu conv_silu.cu embed_rows.cu experts.cu linear.cu
  linear_gated.cu mamba_step.cu product_bfloat16.cu product_bytes.cu product_floats.cu products.cu route.cu
  selective_scan.cu split_norm.cu top_logits.cu)
list(TRANSFORM LECTERN_CUDA_KERNELS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
