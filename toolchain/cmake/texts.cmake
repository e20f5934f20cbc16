# vn_texts(<target> TEMPLATE x.pot PO en.po sr.po ... [OUTPUT_DIR dir]): translations as const tables in a box.
#
# Paths are relative to the calling CMakeLists.txt. Writes <dir>/texts_table.h and .c with toolchain/po2c (which says
# what ends the build), compiles the .c into <target>, and puts the header where the box's own headers are:
#
#   include(${PROJECT_SOURCE_DIR}/toolchain/cmake/texts.cmake)
#   vn_texts(vn_prompt TEMPLATE texts/verno.pot PO texts/en.po texts/sr.po)      # in ui/prompt/CMakeLists.txt
#   #include "ui/prompt/texts_table.h"
#
# OUTPUT_DIR is <build>/generated/<folder of the caller> unless given; then its root is the caller's to add.
function(vn_texts target)
  cmake_parse_arguments(T "" "OUTPUT_DIR;TEMPLATE" "PO" ${ARGN})
  if(NOT T_OUTPUT_DIR)
    file(RELATIVE_PATH box ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
    set(T_OUTPUT_DIR ${PROJECT_BINARY_DIR}/generated/${box})
    target_include_directories(${target} PUBLIC ${PROJECT_BINARY_DIR}/generated)
  endif()
  set(made ${T_OUTPUT_DIR}/texts_table.h ${T_OUTPUT_DIR}/texts_table.c)
  set(inputs ${T_TEMPLATE} ${T_PO})
  list(TRANSFORM inputs PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  add_custom_command(OUTPUT ${made}
    COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/toolchain/po2c --out ${T_OUTPUT_DIR} ${inputs}
    DEPENDS ${inputs} ${PROJECT_SOURCE_DIR}/toolchain/po2c
    COMMENT "texts of ${target}" VERBATIM)
  target_sources(${target} PRIVATE ${made})
endfunction()
