# Toolchain: bare-metal GCC for Arm (Debian package gcc-arm-none-eabi with newlib and libstdc++).
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

# "D": no time stamps and user ids in archives, so that every build gives the same bytes.
set(CMAKE_CXX_ARCHIVE_CREATE "<CMAKE_AR> qcD <TARGET> <LINK_FLAGS> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_APPEND "<CMAKE_AR> qD <TARGET> <LINK_FLAGS> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_FINISH "<CMAKE_RANLIB> -D <TARGET>")
set(CMAKE_C_ARCHIVE_CREATE "${CMAKE_CXX_ARCHIVE_CREATE}")
set(CMAKE_C_ARCHIVE_APPEND "${CMAKE_CXX_ARCHIVE_APPEND}")
set(CMAKE_C_ARCHIVE_FINISH "${CMAKE_CXX_ARCHIVE_FINISH}")
