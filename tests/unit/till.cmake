foreach(subject card sale entries undo elsewhere day rights points coupon order events trouble random outcome here answers)
  vn_test(till_${subject}
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_till_${subject}.c ${CMAKE_CURRENT_LIST_DIR}/till_world.c
      ${CMAKE_CURRENT_LIST_DIR}/till_calls.c
    LINKS vn_till vn_store)
endforeach()
vn_test(till_status SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_till_status.c ${CMAKE_CURRENT_LIST_DIR}/till_world.c
    ${CMAKE_CURRENT_LIST_DIR}/till_calls.c
  LINKS vn_app vn_till vn_store)
