*** Settings ***
Documentation       The bundled model reads handwritten digits on an STM32F746.
Resource            digits.resource
Suite Setup         Create Board    stm32f746


*** Test Cases ***
Every Digit Is Read
    [Template]    Read Digit
    FOR    ${digit}    IN RANGE    10
        ${digit}
    END

The Answer Is The Reference's
    Show Digit    3
    Run Inference
    Output Should Match Reference

The Answer Is Certain
    Show Digit    7
    Run Inference
    Inference Output Should Match    [0, 0, 0, 0, 0, 0, 0, 1, 0, 0]    absolute=0.02

An Inference Stays Within Its Budget
    Show Digit    7
    Run Inference
    Cycle Count Should Be Below    350k
    Latency Should Be Below    1.5 ms
    Energy Should Be Below    500 uJ
    Arena Use Should Be Below    12 KiB
    Operator Cycles Should Be Below    CONV_2D    120k
    Operator Cycles Should Be Below    8    10k
