// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/fd_stream.h"

#include <unistd.h>

#include <cerrno>

namespace lectern::cli {

FdStreamBuffer::FdStreamBuffer(int fd) : fd_(fd) {
  setp(buffer_, buffer_ + sizeof buffer_);
}

FdStreamBuffer::~FdStreamBuffer() {
  drain();
}

FdStreamBuffer::int_type FdStreamBuffer::overflow(int_type character) {
  if (!drain()) return traits_type::eof();
  if (!traits_type::eq_int_type(character, traits_type::eof())) {
    *pptr() = traits_type::to_char_type(character);
    pbump(1);
  }
  return traits_type::not_eof(character);
}

int FdStreamBuffer::sync() {
  return drain() ? 0 : -1;
}

bool FdStreamBuffer::drain() {
  const char* from = pbase();
  while (error_ == 0 && from < pptr()) {
    const ssize_t put = ::write(fd_, from, static_cast<size_t>(pptr() - from));
    if (put >= 0) {
      from += put;
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  setp(buffer_, buffer_ + sizeof buffer_);
  return error_ == 0;
}

}  // namespace lectern::cli
