foreach(subject calls streams)
  vn_test(pos_${subject}
    SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_pos_${subject}.c ${CMAKE_CURRENT_LIST_DIR}/pos_world.c LINKS vn_pos)
endforeach()
