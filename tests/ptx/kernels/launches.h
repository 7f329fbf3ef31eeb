// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

enum class Barrier { None, Warp, Block };

cudaError_t launchCalls(float* out, const float* start, int steps, float factor, cudaStream_t stream);
cudaError_t launchExchange(int* out, Barrier barrier, cudaStream_t stream);
cudaError_t launchFill(int* out, int blocks, int value, cudaStream_t stream);
cudaError_t launchReadPast(const int* in, int* out, cudaStream_t stream);
cudaError_t launchAddOne(int* values, cudaStream_t stream);
cudaError_t launchCollide(int* out, cudaStream_t stream);
cudaError_t setTotal(int value);
int readTotal();
