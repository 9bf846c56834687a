// OneTrans2 and VirtualCardChk from C#. The program's width decides which library is needed: x86 or x64, not "Any CPU"
// unless both are laid out and chosen.
using System;
using System.Runtime.InteropServices;
using System.Text;

public static class YiqiaoLibraries
{
    private const int InputSize = 8192;         // [limits] input_size, the final NUL included
    private const int OneTransOutput = 8192;    // [limits] output_size in OneTrans2.ini
    private const int VirtualCardOutput = 2048; // [limits] output_size in VirtualCardChk.ini

    private static readonly Encoding Gbk = GbkEncoding();

    [DllImport("OneTrans2.dll", CallingConvention = CallingConvention.StdCall, ExactSpelling = true)]
    private static extern int OneTrans(byte[] pInData, byte[] pOutData);

    // What is returned belongs to the library, so it is no string for the marshaller to free.
    [DllImport("VirtualCardChk.dll", CallingConvention = CallingConvention.StdCall, ExactSpelling = true)]
    private static extern IntPtr VirtualCardTrans(byte[] strUrl, byte[] inData, byte[] outData);

    [DllImport("VirtualCardChk.dll", CallingConvention = CallingConvention.StdCall, ExactSpelling = true)]
    private static extern int EhealthID_Print(byte[] ehealthid, byte[] cardNo, byte[] name);

    // The one function without a calling convention in the standard: it has C's own.
    [DllImport("VirtualCardChk.dll", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    private static extern int Set_QRflow_Mode(int mode);

    /// <summary>One request of the unified library, JSON; its answer, JSON. Call it from one thread at a time.</summary>
    /// <param name="value">0: look at "code" in the answer; else a fault of the library's own, told in it too.</param>
    public static string Ask(string request, out int value)
    {
        var answer = new byte[OneTransOutput];
        value = OneTrans(Bytes(request), answer);
        return Text(answer);
    }

    /// <summary>One method of the health card platform. "00": the answer is the business content.</summary>
    /// <param name="url">The platform's address; empty: the one in VirtualCardChk.ini.</param>
    public static string AskCardPlatform(string url, string request, out string code)
    {
        var answer = new byte[VirtualCardOutput];
        code = Marshal.PtrToStringAnsi(VirtualCardTrans(Bytes(url), Bytes(request), answer));
        return Text(answer);
    }

    /// <summary>Prints a slip with a static code; 0 is success.</summary>
    public static int PrintSlip(string ehealthId, string cardNo, string name)
    {
        return EhealthID_Print(Bytes(ehealthId), Bytes(cardNo), Bytes(name));
    }

    /// <summary>Shows or hides the code on the second screen; 0 is success.</summary>
    public static int ShowCode(bool shown)
    {
        return Set_QRflow_Mode(shown ? 1 : 0);
    }

    private static byte[] Bytes(string text)
    {
        var bytes = Gbk.GetBytes(text + "\0");
        if (bytes.Length > InputSize)
        {
            throw new ArgumentException("longer than " + (InputSize - 1) + " bytes in GBK");
        }
        return bytes;
    }

    private static string Text(byte[] answer)
    {
        int end = Array.IndexOf(answer, (byte)0);
        return Gbk.GetString(answer, 0, end < 0 ? answer.Length : end);
    }

    private static Encoding GbkEncoding()
    {
#if NETCOREAPP
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance); // else .NET knows no GBK
#endif
        return Encoding.GetEncoding(936);
    }
}
