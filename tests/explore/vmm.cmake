# SPDX-License-Identifier: GPL-2.0-or-later
#
# VMMs' threads against guests: images/races/vmm-*.

# actor_test(<scenario> <bound> <strategies> <flawed>=<exit code>,... <sound>,... [OPTION]...)
function(actor_test name depth strategies flawed sound)
    add_test(NAME explore.vmm-${name}
        COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/actors.py $<TARGET_FILE:irqlab>
            ${CMAKE_BINARY_DIR}/images/races ${name} ${depth} 1000 ${strategies} ${flawed} ${sound}
            ${ARGN})
    set_tests_properties(explore.vmm-${name} PROPERTIES LABELS explore TIMEOUT 600)
endfunction()

set(all random,pct,exhaust,dpor)
actor_test(cpuif 2 ${all} trylock-all=102 lock-target,lock-free -smp 3)
actor_test(shadow 2 ${all} shadow=102 published -smp 2)
actor_test(iidr 2 ${all} unlocked=102,inverted=106 sealed -smp 2)
actor_test(idregs 1 ${all} per-vcpu=102,adjusted=102 one-store -smp 2)
actor_test(restore 2 ${all} last-wins=102 fixed -smp 2)
actor_test(hotplug 2 ${all} resync=102 inherit -smp 2)
actor_test(deadline 2 ${all} armed-once=102 re-evaluated)
actor_test(tge 2 ${all} armed-once=102 re-evaluated -cpu max -machine virtualization=on)
