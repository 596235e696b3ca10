# SPDX-License-Identifier: GPL-2.0-or-later
#
# The scenarios of images/races.

# race_test(<scenario> <exit code of its failure> <bound> <strategies> [OPTION]...)
function(race_test name code depth strategies)
    add_test(NAME explore.${name}
        COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/explore.py $<TARGET_FILE:irqlab>
            ${CMAKE_BINARY_DIR}/images/races ${name} ${code} ${depth} 1000 ${strategies} ${ARGN})
    set_tests_properties(explore.${name} PROPERTIES LABELS explore TIMEOUT 600)
endfunction()

set(all random,pct,pos,surw,hints,delay,exhaust,dpor)
set(el2 -machine virt,virtualization=on -cpu max -smp 2)
set(el2_direct -machine virt,gic-version=4.1,virtualization=on -cpu max -smp 2)

race_test(counter 102 2 ${all} -smp 2)
race_test(icfgr 102 2 ${all} -smp 2)
race_test(ipriorityr 102 2 ${all} -smp 2)
race_test(route 102 2 ${all} -smp 2)
race_test(handler 102 2 ${all} -smp 2)
race_test(halves 100 2 ${all} -smp 2)
race_test(deassert 102 2 ${all} -smp 2)
race_test(lpi-config 102 2 ${all} -smp 2)
race_test(locks 106 2 ${all} -smp 2)
race_test(exclusive 102 2 ${all} -smp 2 --stxr-fails 1)
race_test(sgi-dsb 102 2 ${all} -smp 2 --weak)
race_test(its-dsb 100 2 random,pct,pos,surw,delay,exhaust,dpor --weak)
race_test(vmcr 100 2 ${all} ${el2})
race_test(yield 102 2 ${all} ${el2})
race_test(doorbell 100 2 random,pct,pos,surw,hints,delay,exhaust ${el2_direct})
race_test(pending-last 100 2 random,pct,pos,surw,hints,delay,exhaust ${el2_direct})
