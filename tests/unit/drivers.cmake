vn_test(frame SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_frame.c LINKS vn_drivers)
vn_test(hid SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hid.c LINKS vn_drivers)
vn_test(devices SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_devices.c LINKS vn_drivers)
vn_test(scans SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_scans.c LINKS vn_drivers)
