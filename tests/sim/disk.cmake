# The simulated disk, for the unit tests of the databases and for the simulator: the disk; SQLite on it; crashes at each place.
set(sim ${CMAKE_CURRENT_LIST_DIR})
add_library(vn_sim_disk STATIC ${sim}/disk.c ${sim}/disk_content.c ${sim}/disk_fate.c ${sim}/disk_file.c ${sim}/disk_names.c ${sim}/disks.c
  ${sim}/diskvfs.c)
target_include_directories(vn_sim_disk PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(vn_sim_disk PUBLIC vn_base PkgConfig::SQLITE)
add_library(vn_crashpoints STATIC ${sim}/crashpoints.c)
target_link_libraries(vn_crashpoints PUBLIC vn_sim_disk PkgConfig::CMOCKA)
vn_test(sim_disk SOURCES ${sim}/../unit/test_sim_disk.c LINKS vn_sim_disk)
vn_test(sim_diskvfs SOURCES ${sim}/../unit/test_sim_diskvfs.c LINKS vn_crashpoints)
# The product's own files on it: an executable that links vn_diskfiles has its calls of these led there (diskfiles.h).
set(wrapped open __open_2 mkstemp mkdtemp rmdir close read __read_chk pread __pread_chk write pwrite lseek fsync ftruncate fstat stat access
  rename link unlink remove mkdir flock fopen opendir readdir closedir)
add_library(vn_diskfiles OBJECT ${sim}/diskfiles.c)
target_link_libraries(vn_diskfiles PUBLIC vn_sim_disk)
list(TRANSFORM wrapped PREPEND "LINKER:--wrap=")
target_link_options(vn_diskfiles INTERFACE ${wrapped})
# A machine for the tests of one database, and what goes wrong there.
add_library(vn_faildisk STATIC ${sim}/faildisk.c)
target_link_libraries(vn_faildisk PUBLIC vn_diskfiles vn_crashpoints)
vn_test(sim_diskfiles SOURCES ${sim}/../unit/test_sim_diskfiles.c LINKS vn_diskfiles vn_base)
# Memory that runs out (failalloc.h).
add_library(vn_failalloc OBJECT ${sim}/failalloc.c)
target_include_directories(vn_failalloc PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(vn_failalloc PUBLIC PkgConfig::SQLITE PkgConfig::JANSSON PkgConfig::CMOCKA)
target_link_options(vn_failalloc INTERFACE LINKER:--wrap=malloc LINKER:--wrap=calloc LINKER:--wrap=realloc LINKER:--wrap=strdup)
