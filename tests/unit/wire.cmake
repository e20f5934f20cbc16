vn_test(wire SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_wire.c LINKS vn_wire)
vn_test(wire_samples SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_wire_samples.c LINKS vn_wire)
vn_test(wire_snapshot SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_wire_snapshot.c LINKS vn_wire)
vn_test(wire_rows SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_wire_rows.c LINKS vn_wire)
