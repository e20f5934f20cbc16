vn_test(prompt_texts SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_prompt_texts.c LINKS vn_prompt)
vn_test(prompt_model SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_prompt_model.c LINKS vn_prompt)
vn_test(prompt_codec SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_prompt_codec.c LINKS vn_prompt)
vn_test(prompt_here SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_prompt_here.c LINKS vn_prompt)
