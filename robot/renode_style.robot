*** Settings ***
Documentation       A suite as it is written for Renode, apart from this section: only its names for keywords and commands.
Library             sim.robot
Test Setup          Reset Emulation


*** Variables ***
${UART}         sysbus.lpuart1
${PROMPT}       >${SPACE}
${ELF}          @${CURDIR}/../firmware/shell/shell.elf
${SCRIPT}       @${CURDIR}/shell.resc


*** Test Cases ***
Should Boot To The Prompt
    Create Machine
    Wait For Line On Uart    shell ready
    Wait For Prompt On Uart    ${PROMPT}
    Provides    booted-shell

Should Answer A Command
    Requires    booted-shell
    Write Line To Uart    version
    ${line} =    Wait For Line On Uart    shell (\\d+)\\.(\\d+)    treatAsRegex=true
    Should Be Equal As Integers    ${line.Groups[0]}    1
    Should Be Equal As Integers    ${line.Groups[1]}    0
    Should Be True    0 < ${line.Timestamp} < 10

Should Finish Work In Time
    Requires    booted-shell
    Write Line To Uart    work
    ${line} =    Wait For Line On Uart    took (\\d+) ticks    timeout=0.01    treatAsRegex=true
    Should Be True    3000 < int($line.Groups[0]) < 30000

Should Be Idle At The Prompt
    Requires    booted-shell
    Test If Uart Is Idle    2
    Write Char On Uart    x
    Run Keyword And Expect Error    *is not idle*    Test If Uart Is Idle    1

Should Refuse An Unknown Command
    Requires    booted-shell
    Register Failing Uart String    ERROR:
    Write Line To Uart    nonsense
    Run Keyword And Expect Error    *must not come: 'ERROR: unknown command'    Wait For Prompt On Uart    ${PROMPT}

Should Send Bytes
    Create Machine    binaryMode=true
    Wait For Bytes On Uart    3E 20
    Write To Uart    binary\r
    ${found} =    Wait For Bytes On Uart    \\x55(.)\\x00    treatAsRegex=true
    Should Be Equal    ${found.Content}    ${{ bytes([0x55, 0xAA, 0x00]) }}
    Should Be Equal    ${found.Groups[0]}    ${{ bytes([0xAA]) }}

Should Log Commands On The Second Port
    Create Machine
    ${log} =    Create Terminal Tester    sysbus.usart3
    Wait For Prompt On Uart    ${PROMPT}    testerId=0
    Write Line To Uart    version    testerId=0
    ${entry} =    Wait For Next Line On Uart    testerId=${log}
    Should Be Equal    ${entry.Line}    version
    Should Not Be On Uart    version    timeout=0.1    testerId=${log}

Should Run A Script
    Execute Command    $name="scripted"
    Execute Script    ${SCRIPT}
    Create Terminal Tester    ${UART}    timeout=0.1    machine=scripted
    Start Emulation
    Wait For Line On Uart    shell ready

Should Run Two Machines
    FOR    ${name}    IN    left    right
        Execute Command    mach create "${name}"
        Execute Command    machine LoadPlatformDescription @platforms/cpus/stm32l4r5.repl
        Execute Command    sysbus LoadELF ${ELF}
    END
    ${left} =    Create Terminal Tester    ${UART}    machine=left    defaultPauseEmulation=true
    ${right} =    Create Terminal Tester    ${UART}    machine=right    defaultPauseEmulation=true
    Execute Command    emulation RunFor "0.01"
    Write Line To Uart    version    testerId=${left}
    Wait For Line On Uart    shell 1.0    testerId=${left}
    Should Not Be On Uart    shell 1.0    timeout=0.1    testerId=${right}

Should Read And Write Memory
    Create Machine
    Execute Command    emulation RunFor "00:00:00.002"
    ${stack} =    Execute Command    sysbus ReadDoubleWord 0x08000000
    Should Be Equal As Integers    ${stack}    0x20004000
    Execute Command    sysbus WriteDoubleWord 0x20010000 0xCAFEBABE
    ${byte} =    Execute Command    sysbus ReadByte 0x20010003
    Should Be Equal As Integers    ${byte}    0xCA
    ${address} =    Execute Command    sysbus GetSymbolAddress "work"
    Should Be True    0x08000000 < ${address} < 0x08001000

Should Start Anew After A Reset
    Create Machine
    Wait For Line On Uart    shell ready
    Execute Command    machine Reset
    Wait For Line On Uart    shell ready    timeout=0.01


*** Keywords ***
Create Machine
    [Arguments]    &{options}
    Execute Command    mach create
    Execute Command    machine LoadPlatformDescription @platforms/cpus/stm32l4r5.repl
    Execute Command    sysbus LoadELF ${ELF}
    Create Terminal Tester    ${UART}    defaultPauseEmulation=true    &{options}
    Start Emulation
