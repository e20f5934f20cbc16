# vn_schemas(<target> PREFIX vn_schema_ INCLUDE header.h SCHEMA a.schema.json ... [COMMON c.schema.json]): published JSON
# Schemas as const tables in a box.
#
# Paths are relative to the calling CMakeLists.txt, INCLUDE (the header of the tables' types) to the root. Makes one C file
# with toolchain/schema2c, which says what ends the build, and compiles it into <target>.
function(vn_schemas target)
  cmake_parse_arguments(T "" "PREFIX;INCLUDE" "SCHEMA;COMMON" ${ARGN})
  file(RELATIVE_PATH box ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(made ${PROJECT_BINARY_DIR}/generated/${box}/schemas.c)
  list(TRANSFORM T_SCHEMA PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(TRANSFORM T_COMMON PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set(common ${T_COMMON})
  list(TRANSFORM common PREPEND --common=)
  add_custom_command(OUTPUT ${made}
    COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/toolchain/schema2c --out ${made} --prefix ${T_PREFIX}
      --include ${T_INCLUDE} ${common} ${T_SCHEMA}
    DEPENDS ${T_SCHEMA} ${T_COMMON} ${PROJECT_SOURCE_DIR}/toolchain/schema2c
    COMMENT "schemas of ${target}" VERBATIM)
  target_sources(${target} PRIVATE ${made})
endfunction()
