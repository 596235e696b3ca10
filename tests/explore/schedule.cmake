# SPDX-License-Identifier: GPL-2.0-or-later
#
# Schedules' files. A night has time for more replays.
option(IRQLAB_NIGHTLY "tests that take hours" OFF)

function(schedule_test name)
    add_test(NAME explore.schedule.${name}
        COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/schedule.py $<TARGET_FILE:irqlab>
            ${CMAKE_BINARY_DIR}/images/races ${CMAKE_BINARY_DIR}/tests/explore/edited ${ARGN})
    set_tests_properties(explore.schedule.${name} PROPERTIES LABELS explore TIMEOUT 600)
endfunction()

foreach(race counter icfgr ipriorityr route handler)
    schedule_test(survives-${race} survives ${race} random,pct,dpor)
endforeach()
schedule_test(shrink shrink 3000)
schedule_test(show show)
schedule_test(recipe recipe)
schedule_test(replays replays 10000)
if(IRQLAB_NIGHTLY)
    schedule_test(replays-nightly replays 1000000)
    set_tests_properties(explore.schedule.replays-nightly PROPERTIES TIMEOUT 14400)
endif()
