# SPDX-License-Identifier: GPL-3.0-or-later
# The sources of the CUDA backend. Kernels: one list for nvcc and for the engines that run them in tests.
set(LECTERN_CUDA_KERNELS
  add_norm.cu append_kv.cu attend_many.cu attend_one.cu attend_plain.cu conv_silu.cu embed_rows.cu experts.cu linear.cu
  linear_gated.cu mamba_step.cu product_bfloat16.cu product_bytes.cu product_floats.cu product_library.cu
  products.cu route.cu selective_scan.cu split_norm.cu top_logits.cu)
list(TRANSFORM LECTERN_CUDA_KERNELS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)

# The host side: for the plug-in, and for the tests on a stand-in for the runtime.
set(LECTERN_CUDA_HOST_SOURCES
  cublas.cpp cuda_backend.cpp device.cpp graph.cpp packing.cpp plugin.cpp probe.cpp queue.cpp queue_pool.cpp staging.cpp
  workspace.cpp)
list(TRANSFORM LECTERN_CUDA_HOST_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
