//
// Registers of the core, by the numbers that Renode gives them.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
//
namespace Boardless
{
    using System;
    using Antmicro.Renode.Exceptions;
    using Antmicro.Renode.Peripherals.CPU;

    public class Registers
    {
        public Registers(TranslationCPU cpu)
        {
            // The name changed after Renode 1.6, and the old one logs a warning at each call.
            var types = new[] { typeof(int) };
            var getter = cpu.GetType().GetMethod("GetRegister", types) ?? cpu.GetType().GetMethod("GetRegisterUnsafe", types);
            read = (Func<int, RegisterValue>)Delegate.CreateDelegate(typeof(Func<int, RegisterValue>), cpu, getter);
        }

        public RegisterValue Read(int number)
        {
            return read(number);
        }

        // In hexadecimal, or empty where this version does not know it.
        public string Show(int number)
        {
            try
            {
                return read(number).RawValue.ToString("x");
            }
            catch(RecoverableException)
            {
                return "";
            }
        }

        private readonly Func<int, RegisterValue> read;
    }
}
