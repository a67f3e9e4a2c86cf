//
// What firmware is to receive on its serial ports.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
//
namespace Boardless
{
    using System;
    using System.Collections.Generic;
    using Antmicro.Renode.Peripherals.CPU;
    using Antmicro.Renode.Peripherals.UART;

    // Serial ports of Renode lose what arrives before firmware has switched their receiver on: it is kept until then.
    public class Input
    {
        public Input(TranslationCPU cpu)
        {
            this.cpu = cpu;
        }

        public void Connect(IUART uart, uint register, uint switches)
        {
            ports[uart] = new Port { Uart = uart, Register = register, Switches = switches };
        }

        public void Feed(IUART uart, string hexadecimal)
        {
            lock(ports)
            {
                for(var i = 0; i < hexadecimal.Length; i += 2)
                {
                    ports[uart].Waiting.Enqueue(Convert.ToByte(hexadecimal.Substring(i, 2), 16));
                }
                isWaiting = true;
                blocksUntilLook = 0;
            }
        }

        // Between two blocks: now and then, by their number, so that it happens at the same place in each run.
        public void Look()
        {
            if(isWaiting && --blocksUntilLook <= 0)
            {
                blocksUntilLook = BlocksBetweenLooks;
                Deliver();
            }
        }

        public void Deliver()
        {
            lock(ports)
            {
                isWaiting = false;
                foreach(var port in ports.Values)
                {
                    // Twice in a row, because what starts a receiver may follow what switches it on.
                    var isOn = (cpu.Bus.ReadDoubleWord(port.Register) & port.Switches) == port.Switches;
                    while(isOn && port.WasOn && port.Waiting.Count > 0)
                    {
                        port.Uart.WriteChar(port.Waiting.Dequeue());
                    }
                    port.WasOn = isOn;
                    isWaiting |= port.Waiting.Count > 0;
                }
            }
        }

        private volatile bool isWaiting;
        private int blocksUntilLook;

        private readonly TranslationCPU cpu;
        private readonly Dictionary<IUART, Port> ports = new Dictionary<IUART, Port>();

        private const int BlocksBetweenLooks = 1000;

        private class Port
        {
            public IUART Uart;
            public uint Register;
            public uint Switches;
            public bool WasOn;
            public readonly Queue<byte> Waiting = new Queue<byte>();
        }
    }
}
