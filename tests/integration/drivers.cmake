# The preloaded library comes before a sanitizer's run-time, which is told that this is meant.
vn_test(serial SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_serial.c LINKS vn_drivers
  ENV LD_PRELOAD=$<TARGET_FILE_NAME:verno-pty-shim> LD_LIBRARY_PATH=$<TARGET_FILE_DIR:verno-pty-shim> ASAN_OPTIONS=verify_asan_link_order=0)
add_dependencies(test_serial verno-pty-shim)
vn_test(hidpos SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hidpos.c LINKS vn_drivers PkgConfig::UMOCKDEV
  ENV LD_PRELOAD=libumockdev-preload.so.0 ASAN_OPTIONS=verify_asan_link_order=0)
