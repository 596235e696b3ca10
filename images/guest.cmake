# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest_image(<name> <output directory> SOURCES <file>... [DEFINES <name=value>...]
#             [FLAGS <flag>...])
#   adds <output directory>/<name>.elf to the target `images`: bare metal for the virt board, on
#   images/lib. Always by the cross compiler, whatever compiles irqlab itself.

option(IRQLAB_IMAGES "build the guest images (needs aarch64-linux-gnu-gcc)" ON)
if(NOT IRQLAB_IMAGES)
    return()
endif()

find_program(GUEST_CC aarch64-linux-gnu-gcc)
find_program(GUEST_OBJCOPY aarch64-linux-gnu-objcopy)
if(NOT GUEST_CC OR NOT GUEST_OBJCOPY)
    message(FATAL_ERROR "The guest images need aarch64-linux-gnu-gcc and its binutils. "
        "Install gcc-aarch64-linux-gnu, or configure with -DIRQLAB_IMAGES=OFF to do without.")
endif()

file(STRINGS ${CMAKE_SOURCE_DIR}/images/guest.flags GUEST_FLAGS REGEX "^-")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/images/guest.flags)
list(APPEND GUEST_FLAGS -I${CMAKE_SOURCE_DIR} -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
set(GUEST_LIB_DIR ${CMAKE_SOURCE_DIR}/images/lib)
set(GUEST_LINK_SCRIPT ${GUEST_LIB_DIR}/link.ld)
set(GUEST_LINK_FLAGS -Wl,-T,${GUEST_LINK_SCRIPT},--build-id=none)
file(GLOB GUEST_LIB_SOURCES CONFIGURE_DEPENDS ${GUEST_LIB_DIR}/*.c ${GUEST_LIB_DIR}/*.S)
file(GLOB GUEST_LIB_HEADERS CONFIGURE_DEPENDS ${GUEST_LIB_DIR}/*.h)
set(GUEST_LIB_BINARY_DIR ${CMAKE_BINARY_DIR}/images/lib)

# The library's objects, once. Called by images/CMakeLists.txt.
function(guest_library)
    file(MAKE_DIRECTORY ${GUEST_LIB_BINARY_DIR})
    set(objects)
    foreach(source IN LISTS GUEST_LIB_SOURCES)
        get_filename_component(name ${source} NAME)
        set(object ${GUEST_LIB_BINARY_DIR}/${name}.o)
        add_custom_command(OUTPUT ${object}
            COMMAND ${GUEST_CC} ${GUEST_FLAGS} -c ${source} -o ${object}
            DEPENDS ${source} ${GUEST_LIB_HEADERS}
            COMMENT "Guest library ${name}" VERBATIM)
        list(APPEND objects ${object})
    endforeach()
    add_custom_target(guest_library DEPENDS ${objects})
    set_property(GLOBAL PROPERTY GUEST_LIB_OBJECTS ${objects})
endfunction()

function(guest_image name directory)
    cmake_parse_arguments(arg "" "" "SOURCES;DEFINES;FLAGS" ${ARGN})
    get_property(objects GLOBAL PROPERTY GUEST_LIB_OBJECTS)
    list(TRANSFORM arg_DEFINES PREPEND -D)
    set(elf ${directory}/${name}.elf)
    file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h)
    file(MAKE_DIRECTORY ${directory})
    add_custom_command(OUTPUT ${elf}
        COMMAND ${GUEST_CC} ${GUEST_FLAGS} ${arg_FLAGS} ${arg_DEFINES} ${GUEST_LINK_FLAGS}
            -o ${elf} ${arg_SOURCES} ${objects}
        DEPENDS guest_library ${objects} ${arg_SOURCES} ${headers} ${GUEST_LIB_HEADERS}
            ${GUEST_LINK_SCRIPT}
        WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
        COMMENT "Guest image ${name}.elf" VERBATIM)
    add_custom_target(image_${name} ALL DEPENDS ${elf})
    add_dependencies(image_${name} guest_library)
    add_dependencies(images image_${name})
endfunction()
