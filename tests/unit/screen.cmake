vn_test(screen SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_screen.c LINKS vn_screen m ENV SDL_VIDEODRIVER=dummy)
