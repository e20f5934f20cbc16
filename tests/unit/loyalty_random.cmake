# Random worlds: what must hold of all of them, and what toolchain/determinism compares.
set(worlds ${CMAKE_CURRENT_LIST_DIR}/loyalty_worlds.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_random_rules.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_random_sale.c)
foreach(part gifts journal requote properties properties_after properties_choice wants)
  vn_test(loyalty_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_${part}.c ${worlds} LINKS vn_loyalty)
  # the same for as long as VERNO_LONG_SECONDS says
  add_test(NAME loyalty_${part}_long COMMAND test_loyalty_${part})
  set_tests_properties(loyalty_${part}_long PROPERTIES LABELS long)
endforeach()

add_executable(loyalty_digest ${CMAKE_CURRENT_LIST_DIR}/loyalty_digest.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_random_rules.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_random_sale.c)
target_include_directories(loyalty_digest PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(loyalty_digest PRIVATE vn_loyalty)

vn_test(loyalty_edges SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_edges.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c LINKS vn_loyalty)
