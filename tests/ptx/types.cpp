// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/types.h"

#include <array>

namespace lectern::ptx {
namespace {

struct Entry {
  std::string_view name;
  Type type;
  int bytes;
};

constexpr std::array kEntries{
    Entry{"b8", Type::B8, 1},         Entry{"b16", Type::B16, 2},
    Entry{"b32", Type::B32, 4},       Entry{"b64", Type::B64, 8},
    Entry{"u8", Type::U8, 1},         Entry{"u16", Type::U16, 2},
    Entry{"u32", Type::U32, 4},       Entry{"u64", Type::U64, 8},
    Entry{"s8", Type::S8, 1},         Entry{"s16", Type::S16, 2},
    Entry{"s32", Type::S32, 4},       Entry{"s64", Type::S64, 8},
    Entry{"f16", Type::F16, 2},       Entry{"f16x2", Type::F16x2, 4},
    Entry{"bf16", Type::Bf16, 2},     Entry{"bf16x2", Type::Bf16x2, 4},
    Entry{"tf32", Type::Tf32, 4},     Entry{"f32", Type::F32, 4},
    Entry{"f32x2", Type::F32x2, 8},   Entry{"f64", Type::F64, 8},
    Entry{"e4m3x2", Type::E4m3x2, 2}, Entry{"e5m2x2", Type::E5m2x2, 2},
    Entry{"pred", Type::Pred, 0},
};

const Entry* find(Type type) {
  for (const Entry& entry : kEntries) {
    if (entry.type == type) return &entry;
  }
  return nullptr;
}

}  // namespace

std::optional<Type> typeNamed(std::string_view modifier) {
  for (const Entry& entry : kEntries) {
    if (entry.name == modifier) return entry.type;
  }
  return std::nullopt;
}

std::string_view nameOf(Type type) {
  const Entry* entry = find(type);
  return entry != nullptr ? entry->name : "no type";
}

int bytesOf(Type type) {
  const Entry* entry = find(type);
  return entry != nullptr ? entry->bytes : 0;
}

bool isSigned(Type type) {
  return type >= Type::S8 && type <= Type::S64;
}

bool isFloat(Type type) {
  return type == Type::F16 || type == Type::Bf16 || type == Type::Tf32 || type == Type::F32 ||
         type == Type::F64;
}

bool isBits(Type type) {
  return type >= Type::B8 && type <= Type::B64;
}

}  // namespace lectern::ptx
