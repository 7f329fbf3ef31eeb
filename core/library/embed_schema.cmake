# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DOUTPUT=schema.cpp -DFILES=a.sql;b.sql -P embed_schema.cmake
# Writes the migrations into a C++ source, in the order of the list.
set(source "#include \"core/library/migrations.h\"\n\nnamespace lectern {\n\n")
string(APPEND source "const std::vector<std::string_view>& schemaScripts() {\n")
string(APPEND source "  static const std::vector<std::string_view> scripts = {\n")
foreach(file IN LISTS FILES)
  file(READ ${file} sql)
  string(APPEND source "R\"sql(${sql})sql\",\n")
endforeach()
string(APPEND source "  };\n  return scripts;\n}\n\n}  // namespace lectern\n")
file(WRITE ${OUTPUT} "${source}")
