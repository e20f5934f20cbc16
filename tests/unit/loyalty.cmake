foreach(part worked rules members formats properties)
  vn_test(loyalty_${part} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_loyalty_${part}.c
    ${CMAKE_CURRENT_LIST_DIR}/loyalty_world.c LINKS vn_loyalty)
endforeach()
