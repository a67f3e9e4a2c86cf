*** Settings ***
Documentation       The same model on different boards.
Resource            digits.resource
Test Teardown       Close All Boards


*** Test Cases ***
Every Core Reads The Same Digit
    [Template]    Digit Should Be Read On
    nrf52840
    rp2040
    stm32f103
    stm32f746
    stm32g0b1
    stm32l4r5
    stm32u575

A Cortex-M7 Is Faster Than A Cortex-M4
    Create Board    stm32l4r5
    Load Model
    ${slow} =    Run Inference
    Create Board    stm32f746
    Load Model
    Run Inference
    Latency Should Be Below    ${slow.latency_seconds}

A Slower Clock Takes More Time
    Create Board    stm32l4r5    name=fast
    Create Board    stm32l4r5    name=slow    clock=16 MHz
    ${slow} =    Run Inference
    Switch Board    fast
    Run Inference
    Latency Should Be Below    ${slow.latency_seconds}

Optimized Kernels Are Much Faster
    Create Board    stm32u575    name=reference    kernels=reference
    ${reference} =    Run Inference
    Create Board    stm32u575    name=optimized
    Run Inference
    Cycle Count Should Be Below    ${reference.cycles / 3}


*** Keywords ***
Digit Should Be Read On
    [Arguments]    ${platform}
    Create Board    ${platform}
    Read Digit    4
