# The simulated disk, for the unit tests of the databases and for the simulator: the disk; SQLite on it; crashes at each place.
set(sim ${CMAKE_CURRENT_LIST_DIR})
add_library(vn_sim_disk STATIC ${sim}/disk.c ${sim}/disk_content.c ${sim}/disk_fate.c ${sim}/disk_file.c ${sim}/disks.c
  ${sim}/diskvfs.c)
target_include_directories(vn_sim_disk PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(vn_sim_disk PUBLIC vn_base PkgConfig::SQLITE)
add_library(vn_crashpoints STATIC ${sim}/crashpoints.c)
target_link_libraries(vn_crashpoints PUBLIC vn_sim_disk PkgConfig::CMOCKA)
vn_test(sim_disk SOURCES ${sim}/../unit/test_sim_disk.c LINKS vn_sim_disk)
vn_test(sim_diskvfs SOURCES ${sim}/../unit/test_sim_diskvfs.c LINKS vn_crashpoints)
