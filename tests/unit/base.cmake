foreach(part bytes config file json log worker)
  vn_test(base_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_base_${part}.c LINKS vn_base)
endforeach()
target_link_options(test_base_file PRIVATE -Wl,--wrap=write -Wl,--wrap=fsync -Wl,--wrap=link -Wl,--wrap=rename)
