// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model_file/model_folder.h"

#include <string>

namespace lectern {

/// What a model's own files call its licence ("apache-2.0"): the key general.license of a GGUF
/// file, or "license" (where that is "other", "license_name") in the front matter of the README.md
/// beside config.json, as Hugging Face's model cards have it. Empty where neither is there.
std::string licenceOf(const ModelFolder& model);

}  // namespace lectern
