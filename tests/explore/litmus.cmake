# SPDX-License-Identifier: GPL-2.0-or-later
#
# Weak memory: what each litmus test may show, and what it does.
add_test(NAME explore.litmus
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/litmus.py $<TARGET_FILE:irqlab>
        ${CMAKE_BINARY_DIR}/images/litmus.elf ${CMAKE_CURRENT_SOURCE_DIR}/litmus-expected.txt)
set_tests_properties(explore.litmus PROPERTIES LABELS explore TIMEOUT 600)
