# Parts of toolchain/bench; not tests, and nothing here is timed by ctest.
foreach(name bench_till bench_limits)
  add_executable(${name} ${CMAKE_CURRENT_LIST_DIR}/${name}.c)
  target_link_libraries(${name} PRIVATE vn_store vn_wire vn_loyalty vn_crypto vn_db vn_base)
endforeach()
