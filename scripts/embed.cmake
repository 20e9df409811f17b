# Writes files as a C++ table: cmake -DOUT=file.cc -DFILES=a;b -P embed.cmake
set(table "")
set(body "")
set(number 0)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  file(SHA256 ${file} digest)
  string(SUBSTRING ${digest} 0 16 etag)
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${hex}")
  # Lines short enough for every compiler; adjacent literals are one.
  string(REGEX REPLACE "((\\\\x..)(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?(\\\\x..)?)" "\"\\1\"\n" bytes "${bytes}")
  string(APPEND body "constexpr char kFile${number}[] =\n${bytes};\n")
  string(APPEND table "    {\"${name}\", {kFile${number}, ${size}}, \"\\\"${etag}\\\"\"},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "#include \"admin/dashboard_files.h\"\n\nnamespace fairlead::admin {\nnamespace {\n\n${body}
constexpr DashboardFile kFiles[] = {\n${table}};\n\n}  // namespace\n
std::span<const DashboardFile> dashboard_files() { return kFiles; }\n\n}  // namespace fairlead::admin\n")
