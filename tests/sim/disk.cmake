# The simulated disk, for the unit tests of the databases and for the simulator.
add_library(vn_sim_disk STATIC ${CMAKE_CURRENT_LIST_DIR}/disk.c ${CMAKE_CURRENT_LIST_DIR}/disk_content.c
  ${CMAKE_CURRENT_LIST_DIR}/disk_fate.c ${CMAKE_CURRENT_LIST_DIR}/disk_file.c)
target_include_directories(vn_sim_disk PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(vn_sim_disk PUBLIC vn_base)
vn_test(sim_disk SOURCES ${CMAKE_CURRENT_LIST_DIR}/../unit/test_sim_disk.c LINKS vn_sim_disk)
