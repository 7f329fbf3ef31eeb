// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <filesystem>
#include <string>
#include <string_view>

namespace lectern::gui {

// UTF-8 becomes QString here, and nowhere else.
inline QString toQt(std::string_view utf8) {
  return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}
inline std::string fromQt(const QString& text) {
  return text.toStdString();
}

// Names of files are bytes.
inline QString pathToQt(const std::filesystem::path& path) {
  return QString::fromLocal8Bit(path.native().data(), static_cast<qsizetype>(path.native().size()));
}
inline std::filesystem::path pathFromQt(const QString& path) {
  return path.toLocal8Bit().toStdString();
}

/// Text whose direction shall not touch its surroundings: a file name in an Arabic sentence
/// (Unicode UAX 9, first strong isolate).
inline QString isolated(const QString& text) {
  return QChar(0x2068) + text + QChar(0x2069);
}

}  // namespace lectern::gui
