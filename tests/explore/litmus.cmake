# SPDX-License-Identifier: GPL-2.0-or-later
#
# Weak memory: what each litmus test may show, and what it does.
add_test(NAME explore.litmus
    COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/litmus.py $<TARGET_FILE:irqlab>
        ${CMAKE_BINARY_DIR}/images/litmus.elf ${CMAKE_CURRENT_SOURCE_DIR}/litmus-expected.txt)
set_tests_properties(explore.litmus PROPERTIES LABELS explore TIMEOUT 600)

# Sound guests, which have all the barriers that they need, stay so.
foreach(name counter handler locks halves icfgr route lpi-config deassert sgi-dsb its-dsb)
    add_test(NAME explore.weak-sound.${name}
        COMMAND irqlab explore --weak --runs 2000 --output ${CMAKE_CURRENT_BINARY_DIR}/weak-${name}
            -kernel ${CMAKE_BINARY_DIR}/images/races/${name}-sound.elf -smp 2 -semihosting)
    set_tests_properties(explore.weak-sound.${name} PROPERTIES LABELS explore TIMEOUT 120)
endforeach()
