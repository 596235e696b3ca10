# SPDX-License-Identifier: GPL-2.0-or-later
# The page's files become part of the program: ${page_assets}, a source for emu/page/page_assets.h.
file(GLOB page_files CONFIGURE_DEPENDS page/*.html page/*.css page/*.js)
set(page_assets ${CMAKE_CURRENT_BINARY_DIR}/page_assets_data.c)
add_custom_command(OUTPUT ${page_assets}
    COMMAND ${CMAKE_COMMAND} -DOUT=${page_assets} -P ${CMAKE_CURRENT_SOURCE_DIR}/page/embed.cmake --
        ${page_files}
    DEPENDS ${page_files} page/embed.cmake
    COMMENT "Embedding the page" VERBATIM)
