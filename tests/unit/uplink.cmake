foreach(subject state upload feed rights renew roster random)
  vn_test(uplink_${subject}
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_uplink_${subject}.c ${CMAKE_CURRENT_LIST_DIR}/uplink_fake.c LINKS vn_uplink)
endforeach()
