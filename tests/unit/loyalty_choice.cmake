# rewards on units, and which of them a group takes
foreach(part units sets best_groups worst)
  vn_test(loyalty_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_${part}.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c LINKS vn_loyalty)
endforeach()
vn_test(loyalty_best_joint SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_best_joint.c
  ${CMAKE_CURRENT_LIST_DIR}/loyalty_random_rules.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c LINKS vn_loyalty)
# the search for the best set, by itself and in quotes
vn_test(loyalty_best SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_best.c
  ${CMAKE_CURRENT_LIST_DIR}/best_oracle.c LINKS vn_loyalty)
vn_test(loyalty_choice SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_choice.c
  ${CMAKE_CURRENT_LIST_DIR}/best_oracle.c ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c LINKS vn_loyalty)
