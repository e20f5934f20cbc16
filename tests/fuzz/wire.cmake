# The wire formats: each entry replays its corpus as an ordinary test, and is a libFuzzer target when VERNO_FUZZ is on
# (bin/fuzz_wire_<name> <new folder> tests/fuzz/corpus/wire_<name>), with the box compiled to count its branches.
if(VERNO_FUZZ)
  target_compile_options(vn_wire PRIVATE -fsanitize=fuzzer-no-link)
endif()
foreach(name wire_entry wire_batch wire_enrol wire_feed wire_stamp wire_rights wire_rows wire_snapshot
  wire_transfer wire_roster)
  add_executable(replay_${name} ${CMAKE_CURRENT_LIST_DIR}/fuzz_${name}.c ${CMAKE_CURRENT_LIST_DIR}/replay_main.c)
  target_link_libraries(replay_${name} PRIVATE vn_wire)
  add_test(NAME replay_${name} COMMAND replay_${name} ${CMAKE_CURRENT_LIST_DIR}/corpus/${name})
  set_tests_properties(replay_${name} PROPERTIES TIMEOUT 60)
  if(VERNO_FUZZ)
    add_executable(fuzz_${name} ${CMAKE_CURRENT_LIST_DIR}/fuzz_${name}.c)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${name} PRIVATE vn_wire -fsanitize=fuzzer)
  endif()
endforeach()
