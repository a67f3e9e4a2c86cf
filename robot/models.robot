*** Settings ***
Documentation       Models from the field: keyword spotting, gestures, speech.
Resource            models.resource
Test Teardown       Close All Boards


*** Test Cases ***
Keyword Spotting Runs On An STM32L4R5
    Create Board    stm32l4r5
    Load Package Model    keyword_spotting
    Set Input    random:1
    Run Inference
    Output Should Match Reference
    Latency Should Be Below    100 ms
    Arena Use Should Be Below    64 KiB

Gestures Are Read On An nRF52840
    Create Board    nrf52840
    Load Package Model    tflite_micro_magic_wand
    Run Inference
    Output Should Match Reference
    Energy Should Be Below    100 uJ

Speech Fits Into A Small Arena
    Create Board    stm32g0b1    arena_size=16 KiB
    Load Package Model    tflite_micro_speech
    Set Input    zeros
    Run Inference
    Output Should Match Reference
    Operator Cycles Should Be Below    SOFTMAX    10k

A Model That Is Too Large Is Refused
    Create Board    stm32f103
    Load Package Model    visual_wake_words
    Run Keyword And Expect Error    *more than*    Run Inference
